"""What the parent of a role does once, so that each of its children need not do it again."""

from psycopg import pq


def prepare() -> None:
    """Have libpq's cryptography load what it needs: 5 MB that children then share.

    Makes a verifier for a password, as SCRAM does, on a connection that is refused before it
    opens anything: a fork must find no connection.
    """
    nowhere = pq.PGconn.connect_start(b"sslmode=none")
    nowhere.encrypt_password(b"", b"", b"scram-sha-256")
    nowhere.finish()
