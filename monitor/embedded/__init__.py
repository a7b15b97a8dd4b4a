"""Embedded services: a Kafka-protocol broker and a Redis-protocol memory as child processes.

`children` starts and ends processes, `services` knows Tansu and Valkey, `lock` keeps one program on
one data folder.
"""
