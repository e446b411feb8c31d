"""Shortens a pause in LocalStack's CloudFormation.

While a function becomes ready, which takes milliseconds without a container, it asks once at once and then every five
seconds: most of a minute for ten functions. The pause is a default argument without a setting.
"""

import inspect
import logging

from localstack.runtime import hooks

PAUSE_SECONDS = 0.1
LOG = logging.getLogger(__name__)


@hooks.on_infra_start()
def shorten_pause() -> None:
    from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

    loop = ResourceProviderExecutor.deploy_loop
    defaults = [p for p in inspect.signature(loop).parameters.values() if p.default is not p.empty]
    if [p.name for p in defaults] != ["max_timeout", "sleep_time"]:
        LOG.warning("this LocalStack polls in another way than 4.9; stacks are created slowly")
        return
    loop.__defaults__ = (defaults[0].default, PAUSE_SECONDS)
