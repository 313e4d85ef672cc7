"""Indexing with the processors of many machines; the catalogue is written by one."""
