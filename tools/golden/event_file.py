#!/usr/bin/env python3
"""Event files as TensorBoard writes them: linnet-core/src/test/resources/golden/event_file.txt.

    pip install tensorboard==2.21.0
    python tools/golden/event_file.py > linnet-core/src/test/resources/golden/event_file.txt

Each line is a name and the bytes of a whole event file in hexadecimal. Compared byte for byte.
"""
import io

import tensorboard
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

TIME = 1_700_000_000.25


def file_of(*events):
    out = io.BytesIO()
    writer = RecordWriter(out)
    for event in events:
        writer.write(event.SerializeToString())
    return out.getvalue().hex()


version = Event(wall_time=TIME, file_version="brain.Event:2")
loss = Summary(value=[Summary.Value(tag="loss/train", simple_value=0.625)])
start = Event(wall_time=TIME, step=200, session_log=SessionLog(status=SessionLog.START))

print(f"# tools/golden/event_file.py, tensorboard {tensorboard.__version__}")
print("scalars", file_of(version, Event(wall_time=TIME, step=300, summary=loss)))
print("resume", file_of(version, start))
