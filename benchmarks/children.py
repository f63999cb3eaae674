"""A benchmark's helper programs: given JSON on standard input, they answer JSON on standard output."""

import asyncio
import json
import sys
from typing import Any

from local.azurite import PROJECT


async def ask(module: str, given: object) -> Any:
    """Run a module as a process of its own; raises RuntimeError when it fails. It never outlives this call."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        output, _ = await process.communicate(json.dumps(given).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"{module} ended with {process.returncode}")
    return json.loads(output)
