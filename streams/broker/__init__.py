"""The broker's room: everything that speaks Kafka.

`connection` says where the broker is and how it is entered, `admin` makes and inspects topics,
`producer` publishes (kafka-python), `faust_app` and `batches` read in a consumer group, `reader`
reads without one.  The rest of the program knows records and topics only.
"""
