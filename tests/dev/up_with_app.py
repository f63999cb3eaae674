"""`./dev up --port 0 --no-demo` with the app of these tests in place of the service: up_with_app.py DATA REGISTERS."""

import sys
from pathlib import Path

from local.cli import run_until_signal
from local.running import up
from local.system import Choices

APP = Path(__file__).with_name("app")

if __name__ == "__main__":
    choices = Choices(port=0, data=Path(sys.argv[1]), registers=Path(sys.argv[2]), claim_seconds=8, app=APP)
    sys.exit(run_until_signal(up(choices, show_demo=False, verbose="--verbose" in sys.argv), interrupted=0))
