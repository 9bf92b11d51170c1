"""Runs a command to its end and says how long it took and how large it grew."""
import os, signal, subprocess, tempfile, threading, time
from dataclasses import dataclass


@dataclass
class Measured:
    seconds: float
    megabytes: float   # peak resident set of the largest process of the command, without servers
    error: str | None = None


def measure(command, *, env=None, cwd=None, limit=600):
    """`command` is a list, or text for `sh`. A command that takes longer than `limit` seconds is killed, with its children."""
    with tempfile.TemporaryFile() as output:
        arguments = ["/bin/bash", "-o", "pipefail", "-c", command] if isinstance(command, str) else [str(part) for part in command]
        begun = time.monotonic()
        process = subprocess.Popen(arguments, stdout=output, stderr=output, stdin=subprocess.DEVNULL, env=env, cwd=cwd,
                                   start_new_session=True)
        alarm = threading.Timer(limit, lambda: os.killpg(process.pid, signal.SIGKILL))
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        error = None
        if process.returncode != 0:
            output.seek(0)
            said = output.read()[-1500:].decode(errors="replace").strip()
            error = f"exit {process.returncode}: {said}" if seconds < limit else f"took longer than {limit} s"
        return Measured(seconds, usage.ru_maxrss / 1024, error)
