"""What can be set of the archive."""

from msgspec import Struct


class ArchivePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Where recorded sessions are kept, and how long.

    `url` of the index: "" is SQLite in the home folder, else `postgresql://...`. `blobs`: "" is files in the home
    folder, else `s3://bucket/prefix`, with endpoint and keys from the environment (`AWS_ENDPOINT_URL`,
    `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`). `keys`: the folder with a file for each tenant's key;
    "" is `keys` in the home folder; every machine of one archive needs the same. `retention_days`: "tenant:days" each,
    "*" for any other tenant; who is not named is kept.
    """

    url: str = ""
    blobs: str = ""
    keys: str = ""
    retention_days: tuple[str, ...] = ()
