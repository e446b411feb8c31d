"""Prints the schedules of a stack on an emulator as JSON: name without the stack, and what it does when.

    python schedules.py ENDPOINT STACK
"""

import json
import sys

import boto3


def main() -> None:
    endpoint, stack = sys.argv[1:]
    client = boto3.client(
        "scheduler",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    names = [schedule["Name"] for schedule in client.list_schedules(NamePrefix=f"{stack}-")["Schedules"]]
    found = {}
    for name in sorted(name for name in names if name.startswith(f"{stack}-")):
        schedule = client.get_schedule(Name=name)
        found[name.removeprefix(f"{stack}-")] = {
            "when": schedule["ScheduleExpression"],
            "state": schedule["State"],
            "machine": schedule["Target"]["Arn"].rsplit(":", 1)[1].removeprefix(f"{stack}-"),
            "input": json.loads(schedule["Target"]["Input"]),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
