"""Programs that run without any privilege, as the watch is meant to."""

import os
import subprocess
import sys

import pytest

NOBODY = 65534

_DROP = f"""
import os
os.setgroups([]); os.setresgid({NOBODY}, {NOBODY}, {NOBODY}); os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
held = [line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapInh", "CapPrm", "CapEff"))]
assert held == ["0" * 16] * 3, held
"""


def unprivileged(
    imports: str, program: str, *arguments: str, timeout_s: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run Python code as uid 65534 with no capability; skip where this process has no root to give up.

    Args:
        imports: What to import before the privileges go: the checkout may be closed to others.
        program: What to run after that; ``sys.argv[1:]`` are the arguments.
        arguments: Given on.
        timeout_s: It is ended after that.
    """
    return subprocess.run(
        [sys.executable, "-c", unprivileged_code(imports, program), *arguments],
        capture_output=True, text=True, check=False, timeout=timeout_s,
    )  # fmt: skip


def unprivileged_code(imports: str, program: str) -> str:
    """The code of :func:`unprivileged`, for a test that starts it beside something else."""
    if os.getuid() != 0:
        pytest.skip("running without privileges is tested by root giving them up: run the tests as root")
    return f"import sys\n{imports}\n{_DROP}\n{program}\n"
