"""The decision log: what was decided about each request, how it went and what it cost, in files of one's own.

`sink` takes records and hands them to a thread, which writes them by `sqlite` or `jsonl`, each worker of each host to a
file of its own in one folder (`files`). `rows` says what of a record is kept, `schema` how a SQLite file is laid out.
`reading` opens the files of a folder as one log, for `usage` (what was used, by whom) and `decisions` (one by one).
"""
