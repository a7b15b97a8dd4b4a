"""The broker's room: everything that speaks Kafka.

`connection` says where the broker is and how it is entered, `admin` makes and inspects topics,
`faust_app` and `batches` read in a consumer group, `reader` reads without one.  `producer`
publishes: what is `outgoing` finds `room` and is brought by a `courier`, who makes a producer of
`kafka_python` anew as often as needed and has it work `off_loop`.  The rest of the program knows
records and topics only.
"""
