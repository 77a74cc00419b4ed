"""A supervisor with one child, as a process: `python -m … hangs|waits|refuses|dies FILE`.

The child adds a letter to the file each time that it starts. One that hangs does so the first time;
one that waits says so, for longer than silence is suffered. Once ready, it ends the supervisor;
one that refuses is ready as well, and ends as what cannot start does. One that dies does so while
a thread of the supervisor is at work for ever.
"""

import os
import signal
import sys
from pathlib import Path
from threading import Thread
from time import sleep

from eventkit.quiet import Quiet
from eventkit.supervisor import Job, Ready, Supervisor

SILENCE = 1.5
ENDS = {"refuses": os.EX_CONFIG, "dies": 1}


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
    if how in ENDS:
        return ENDS[how]
    os.kill(os.getppid(), signal.SIGTERM)
    sleep(600)
    return 0


def work(quiet: Quiet) -> None:
    with quiet.work():
        sleep(600)


def main(how: str, starts: str) -> int:
    job = Job("child", lambda ready: child(ready, how, Path(starts)))
    quiet = Quiet()
    supervisor = Supervisor([job], lasting=True, silence=SILENCE, alone=quiet.alone)
    supervisor.start()
    if how == "dies":
        Thread(target=work, args=(quiet,), daemon=True).start()
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
