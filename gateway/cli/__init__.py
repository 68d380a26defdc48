"""The `pointsman` command: what it reads, what it prints, and its exit codes.

0 is success; 1 says that what was asked about is wrong (a configuration, a test); 2 that the command was.
"""
