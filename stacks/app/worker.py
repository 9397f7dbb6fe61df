"""Handles the messages of the queue, and cleans up once a day.

This stands in for a worker of your own: it logs what it is given. Messages whose
number it returns come back and are tried again.
"""

import json
import logging

logging.getLogger().setLevel(logging.INFO)


def handle(event, context):
    if event.get("task") == "clean-up":
        logging.info("cleaning up")
        return {}
    failed = []
    for record in event.get("Records", []):
        try:
            logging.info("working on %s", json.loads(record["body"]))
        except ValueError:
            logging.exception("message %s is not JSON", record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
