"""The compiled problem, in integers, and how an instance becomes one."""
