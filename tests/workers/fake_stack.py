"""The local stack with its real servers and stand-ins for our own processes.

`python -m tests.workers.fake_stack`
"""

import sys
from dataclasses import replace

from workers.local_stack.services import SERVICES, TASKS
from workers.local_stack.stack import run_local_stack

FAKE = ("-m", "tests.workers.fake_service")

if __name__ == "__main__":
    services = tuple(
        replace(
            service,
            arguments=(*FAKE, service.health_port),
            environment=(*service.environment, service.health_port),
        )
        for service in SERVICES
    )
    tasks = (replace(TASKS[1], arguments=(*FAKE, "demo-data", "{demo_file}")),)
    sys.exit(run_local_stack(headless=True, services=services, tasks=tasks))
