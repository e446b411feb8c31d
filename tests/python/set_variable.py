"""Sets one environment variable of a function on an emulator and prints the value it had.

    python set_variable.py ENDPOINT FUNCTION NAME VALUE
"""

import sys

import boto3


def main() -> None:
    endpoint, function, name, value = sys.argv[1:]
    client = boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    variables = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    before = variables.get(name, "")
    variables[name] = value
    client.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
    client.get_waiter("function_updated_v2").wait(FunctionName=function)
    print(before)


if __name__ == "__main__":
    main()
