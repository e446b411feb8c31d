"""LocalStack without Docker: Lambda functions on `provided.*` runtimes run as local processes.

- `runtime_api` is the HTTP interface that a function polls for its next event, after AWS's description of custom
  runtimes (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). It knows nothing of LocalStack.
- `process` is one running function: its process, its Runtime API, its log.
- `plugin` gives that to LocalStack as a runtime executor, chosen by LAMBDA_RUNTIME_EXECUTOR=process.
- `function_urls` makes function URLs reachable by path, where no name under `*.localhost.localstack.cloud` resolves.
- `cloudformation_polling` shortens a pause that would make a stack of ten functions take a minute.

The functions run with the rights of whoever started LocalStack and are not isolated from the machine: for own code only.
"""
