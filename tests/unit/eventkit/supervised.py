"""A supervisor with one child, as a process: `python -m … hangs|waits|refuses FILE`.

The child adds a letter to the file each time that it starts. One that hangs does so the first time;
one that waits says so, for longer than silence is suffered. Once ready, it ends the supervisor;
one that refuses is ready as well, and ends as what cannot start does.
"""

import os
import signal
import sys
from pathlib import Path
from time import sleep

from eventkit.supervisor import Job, Ready, Supervisor

SILENCE = 1.5


def child(ready: Ready, how: str, starts: Path) -> int:
    with starts.open("a") as file:
        file.write("x")
    if how == "hangs" and len(starts.read_text()) == 1:
        sleep(600)
    if how == "waits":
        for _ in range(30):
            ready.waiting()
            sleep(0.1)
    ready()
    if how == "refuses":
        return os.EX_CONFIG
    os.kill(os.getppid(), signal.SIGTERM)
    sleep(600)
    return 0


def main(how: str, starts: str) -> int:
    job = Job("child", lambda ready: child(ready, how, Path(starts)))
    supervisor = Supervisor([job], lasting=True, silence=SILENCE)
    supervisor.start()
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
