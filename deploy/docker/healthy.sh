#!/bin/bash
# Ends with 0 when the process in this container says that it is ready. In bash, for it is asked every
# few seconds in every container, and Python takes more of a processor to start.
exec 3<>/dev/tcp/127.0.0.1/9000 || exit 1
printf 'GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
read -r -t 4 answer <&3
[[ $answer == HTTP/1.?' 200 '* ]]
