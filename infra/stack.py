"""Creates, updates and removes the stack of template.yaml on a local emulator.

    python infra/stack.py up      --endpoint http://127.0.0.1:4566 --stack sluice --packages target/lambda
    python infra/stack.py outputs --endpoint http://127.0.0.1:4566 --stack sluice
    python infra/stack.py down    --endpoint http://127.0.0.1:4566 --stack sluice

It does what `sam package` and `sam deploy` do on AWS (see deploy.sh), without the AWS command line tools: packages and
definitions are uploaded under their content hash, the template is rewritten to point at them and given to the
emulator's CloudFormation. A stack that is already as it should be is left alone.

Outputs go to stdout as one JSON object, progress and errors to stderr. Exit code 1 means the emulator refused, and its
reason is printed; 2 means wrong usage. Needs only boto3 and PyYAML, which both emulators bring.
"""

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

HERE = Path(__file__).resolve().parent
REGION = "us-east-1"
FINGERPRINT_TAG = "sluice-fingerprint"
TIMEOUT_SECONDS = 300


class Refused(Exception):
    """The emulator, or a file, cannot do what was asked; the message says why."""


def main() -> int:
    options = parse()
    try:
        run = {"up": up, "down": down, "outputs": outputs}[options.command]
        result = run(Emulator(options.endpoint), options)
    except (Refused, ClientError, BotoCoreError, OSError) as error:
        print(f"stack {options.stack}: {error}", file=sys.stderr)
        return 1
    if result is not None:
        print(json.dumps(result, indent=2, sort_keys=True))
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Creates, updates and removes the stack on a local emulator.",
        epilog="@FILE reads arguments from a file, one per line.",
        fromfile_prefix_chars="@",
    )
    parser.add_argument("command", choices=["up", "down", "outputs"])
    parser.add_argument("--endpoint", required=True, help="base address of the emulator")
    parser.add_argument("--stack", required=True, help="name of the stack")
    parser.add_argument("--packages", type=Path, help="folder with one <function>.zip per function; needed by `up`")
    parser.add_argument("--template", type=Path, default=HERE / "template.yaml")
    parser.add_argument(
        "--parameter", action="append", default=[], metavar="K=V", type=pair, help="template parameter; repeatable"
    )
    parser.add_argument(
        "--env", action="append", default=[], metavar="K=V", type=pair, help="environment variable of every function"
    )
    parser.add_argument(
        "--bucket-endpoint", help="where to make the lake's bucket, when S3Endpoint is an address that only functions reach"
    )
    options = parser.parse_args()
    if options.command == "up" and options.packages is None:
        parser.error("up needs --packages")
    options.endpoint = options.endpoint.rstrip("/")
    return options


def pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"`{text}` is not K=V")
    return key, value


class Emulator:
    """Clients of one emulator, with the dummy credentials that emulators take.

    Every client gets the endpoint explicitly, so AWS_* variables and profiles of the caller play no part.
    """

    def __init__(self, endpoint: str):
        session = boto3.Session("test", "test", region_name=REGION)
        # No retries: a second CreateStack would only say that the stack exists and hide what was wrong with the first.
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=120, s3={"addressing_style": "path"})
        self.endpoint = endpoint
        self.cloudformation = session.client("cloudformation", endpoint_url=endpoint, config=config)
        self.s3 = session.client("s3", endpoint_url=endpoint, config=config)

    def is_ministack(self) -> bool:
        """MiniStack names itself on its own health path; LocalStack does not know the path."""
        import urllib.error
        import urllib.request

        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5) as answer:
                return answer.status == 200
        except urllib.error.URLError:
            return False


def up(emulator: Emulator, options: argparse.Namespace) -> dict:
    # An emulator shares one machine with its functions, and nobody wants a laptop to start a training at night.
    parameters = {"PredictAuth": "NONE", "TrainConcurrency": "2", "PartConcurrency": "2", "Schedules": "DISABLED"}
    parameters |= {"EmulatorEndpoint": emulator.endpoint} | dict(options.parameter)
    bucket = f"{options.stack}-artefacts"
    ensure_bucket(emulator.s3, bucket)
    template = package(emulator, options, bucket, parameters)
    body = json.dumps(template, sort_keys=True)
    fingerprint = hashlib.sha256((body + json.dumps(parameters, sort_keys=True)).encode()).hexdigest()

    stack = describe(emulator, options.stack)
    if stack and stack["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        say(f"removing what a failed attempt left ({stack['StackStatus']})")
        down(emulator, options)
        stack = None
    if stack and is_settled(stack) and tags(stack).get(FINGERPRINT_TAG) == fingerprint:
        say("the stack is up to date")
        return finished(emulator, options, stack, parameters)

    apply(emulator, options.stack, body, parameters, fingerprint, bucket, update=stack is not None)
    return finished(emulator, options, describe(emulator, options.stack), parameters)


def apply(emulator, name, body, parameters, fingerprint, bucket, update) -> None:
    """Creates or updates the stack and waits until it is done."""
    key = f"templates/{hashlib.sha256(body.encode()).hexdigest()}.json"
    upload(emulator.s3, bucket, key, body.encode())
    request = {
        "StackName": name,
        "TemplateURL": f"{emulator.endpoint}/{bucket}/{key}",
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in sorted(parameters.items())],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Tags": [{"Key": FINGERPRINT_TAG, "Value": fingerprint}],
    }
    say("updating the stack" if update else "creating the stack")
    started = time.monotonic()
    try:
        (emulator.cloudformation.update_stack if update else emulator.cloudformation.create_stack)(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    try:
        wait(emulator, name, "UPDATE_COMPLETE" if update else "CREATE_COMPLETE")
    except Refused as error:
        hint = "; `down` and then `up` starts afresh, with an empty lake" if update else ""
        raise Refused(f"{error}{hint}") from None
    say(f"done in {time.monotonic() - started:.1f} s")


def finished(emulator: Emulator, options, stack: dict, parameters: dict) -> dict:
    result = output_values(stack)
    if parameters.get("S3Endpoint"):
        ensure_outside_bucket(options.bucket_endpoint or parameters["S3Endpoint"], dict(options.env), result["Bucket"])
    return result


def down(emulator: Emulator, options: argparse.Namespace) -> None:
    """Deletes the stack. The lake's bucket stays, as the template says; so do the artefacts."""
    if describe(emulator, options.stack) is None:
        say("there is no such stack")
        return
    emulator.cloudformation.delete_stack(StackName=options.stack)
    wait(emulator, options.stack, None)
    say("the stack is deleted; the bucket of the lake stays")


def outputs(emulator: Emulator, options: argparse.Namespace) -> dict:
    stack = describe(emulator, options.stack)
    if stack is None:
        raise Refused("there is no such stack; create it with `up`")
    return output_values(stack)


# The template, made ready for the emulator


def package(emulator: Emulator, options, bucket: str, parameters: dict) -> dict:
    """The template with every package and definition uploaded, and pointing at them."""
    template = load_template(options.template)
    if unknown := sorted(parameters.keys() - template["Parameters"].keys()):
        raise Refused(f"{options.template} has no parameter {', '.join(unknown)}")
    maps_by_number = emulator.is_ministack()
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            code = options.packages / f"{Path(properties['CodeUri']).name}.zip"
            if not code.is_file():
                raise Refused(f"the package of {name} is missing: {code}; make it with `cargo xtask package`")
            data = code.read_bytes()
            key = f"packages/{code.stem}-{hashlib.sha256(data).hexdigest()}.zip"
            upload(emulator.s3, bucket, key, data)
            properties["CodeUri"] = {"Bucket": bucket, "Key": key}
        elif resource["Type"] == "AWS::Serverless::StateMachine":
            source = options.template.parent / properties["DefinitionUri"]
            text = definition(source, parameters if maps_by_number else None).encode()
            key = f"definitions/{source.name}-{hashlib.sha256(text).hexdigest()}"
            upload(emulator.s3, bucket, key, text)
            properties["DefinitionUri"] = {"Bucket": bucket, "Key": key}
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    variables.update(dict(options.env))
    return template


def definition(source: Path, numbers: dict | None) -> str:
    """The state machine in `source`.

    MiniStack 1.5 ignores MaxConcurrencyPath, which is how a JSON definition takes a number from the template; for it
    the number is written in (`numbers` are the template's parameters).
    """
    text = source.read_text()
    if numbers is None:
        return text
    machine = json.loads(text)
    write_numbers(machine, numbers)
    return json.dumps(machine)


def write_numbers(machine: dict, numbers: dict) -> None:
    """Turns every MaxConcurrencyPath of a machine, and of those inside its maps and branches, into its number."""
    parameters = {"$.train_concurrency": "TrainConcurrency", "$.part_concurrency": "PartConcurrency"}
    for state in machine["States"].values():
        if path := state.pop("MaxConcurrencyPath", None):
            state["MaxConcurrency"] = int(numbers[parameters[path]])
        for inner in [*state.get("Branches", []), *filter(None, [state.get("ItemProcessor")])]:
            write_numbers(inner, numbers)


def load_template(path: Path) -> dict:
    """Reads CloudFormation's YAML; its short tags (`!Sub`) become their long form (`Fn::Sub`)."""

    class Loader(yaml.SafeLoader):
        pass

    def long_form(loader, tag, node):
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
            if tag == "GetAtt":
                value = value.split(".", 1)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}

    Loader.add_multi_constructor("!", long_form)
    return yaml.load(path.read_text(), Loader)  # noqa: S506 - a SafeLoader with tags that only build dicts


# Talking to the emulator


def describe(emulator: Emulator, name: str) -> dict | None:
    try:
        stacks = emulator.cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return next((stack for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"), None)


def wait(emulator: Emulator, name: str, wanted: str | None) -> None:
    """Waits for the status `wanted`, or for the stack to be gone."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        stack = describe(emulator, name)
        status = stack["StackStatus"] if stack else None
        if status == wanted:
            return
        if status is None or (not status.endswith("_IN_PROGRESS") and time.monotonic() > deadline - TIMEOUT_SECONDS + 2):
            raise Refused(f"ended as {status} instead of {wanted}: {reasons(emulator, name)}")
        if time.monotonic() > deadline:
            raise Refused(f"still {status} after {TIMEOUT_SECONDS} s: {reasons(emulator, name)}")
        time.sleep(0.2)


def reasons(emulator: Emulator, name: str) -> str:
    """What CloudFormation says about each resource that failed, oldest first."""
    try:
        events = emulator.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    except ClientError as error:
        return str(error)
    found = [
        f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason') or 'no reason given'}"
        for event in reversed(events)
        if event.get("ResourceStatus", "").endswith("FAILED")
    ]
    return "; ".join(found) or "no failed resource in the stack's events"


def is_settled(stack: dict) -> bool:
    return stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def tags(stack: dict) -> dict:
    return {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}


def output_values(stack: dict) -> dict:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def ensure_bucket(s3, bucket: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        s3.create_bucket(Bucket=bucket)


def ensure_outside_bucket(endpoint: str, variables: dict, bucket: str) -> None:
    """Makes the lake's bucket on the other S3 server, which CloudFormation does not reach."""
    key = variables.get("AWS_ACCESS_KEY_ID", "test")
    secret = variables.get("AWS_SECRET_ACCESS_KEY", "test")
    config = Config(retries={"max_attempts": 2}, connect_timeout=5, s3={"addressing_style": "path"})
    session = boto3.Session(key, secret, region_name=REGION)
    ensure_bucket(session.client("s3", endpoint_url=endpoint, config=config), bucket)
    say(f"the lake is the bucket {bucket} at {endpoint}")


def upload(s3, bucket: str, key: str, data: bytes) -> None:
    """Puts an object whose key says its content, unless it is there already."""
    try:
        if s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(data):
            return
    except ClientError:
        pass
    say(f"uploading {key.split('-')[0]} ({len(data) / 1e6:.1f} MB)")
    s3.put_object(Bucket=bucket, Key=key, Body=data)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
