#!/usr/bin/env python3
"""Writes tensorBoard.tfevents: known events as TensorBoard's own code writes them, and reads the file back with the
EventAccumulator that TensorBoard shows runs by. tests/node/tensorBoard.test.ts wants the same bytes from recurra.

    python3 -m venv venv && venv/bin/pip install tensorboard==2.21.0 'setuptools<81'
    venv/bin/python tests/golden/tensorBoard.py            writes the file
    venv/bin/python tests/golden/tensorBoard.py FOLDER     reads a folder that recurra wrote, and prints what it holds
"""
import json
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

WALL_TIME = 1700000000.25
SCALARS = [("loss/training", 0, 4.5), ("loss/training", 1, 0.1), ("loss/validation", 300, 0.0),
           ("learning rate", 2**31 + 5, 1e-3), ("größe", 2**40, -1.5)]
TEXTS = [("samples/continued", 300, "The **quick** fox\nümläut \U0001f600"), ("samples/continued", 301, "x" * 300)]


def events():
    yield event_pb2.Event(wall_time=WALL_TIME, file_version="brain.Event:2")
    metadata = lambda name: summary_pb2.SummaryMetadata(
        plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name=name))
    for tag, step, value in SCALARS:
        one = summary_pb2.Summary.Value(tag=tag, simple_value=value, metadata=metadata("scalars"))
        yield event_pb2.Event(wall_time=WALL_TIME, step=step, summary=summary_pb2.Summary(value=[one]))
    for tag, step, value in TEXTS:
        tensor = tensor_pb2.TensorProto(
            dtype=types_pb2.DT_STRING, string_val=[value.encode()],
            tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)]))
        one = summary_pb2.Summary.Value(tag=tag, tensor=tensor, metadata=metadata("text"))
        yield event_pb2.Event(wall_time=WALL_TIME, step=step, summary=summary_pb2.Summary(value=[one]))


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    accumulator.Reload()
    tags = accumulator.Tags()
    return {
        "scalars": {tag: [[e.step, e.value, e.wall_time] for e in accumulator.Scalars(tag)] for tag in tags["scalars"]},
        "texts": {tag: [[e.step, e.tensor_proto.string_val[0].decode()] for e in accumulator.Tensors(tag)]
                  for tag in tags["tensors"] if accumulator.SummaryMetadata(tag).plugin_data.plugin_name == "text"},
    }


if len(sys.argv) > 1:
    print(json.dumps(read(sys.argv[1]), ensure_ascii=False, indent=2))
else:
    path = pathlib.Path(__file__).with_suffix(".tfevents")
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        for event in events():
            writer.write(event.SerializeToString(deterministic=True))
    seen = read(path)
    assert [step for step, *_ in seen["scalars"]["loss/training"]] == [0, 1], seen
    assert [value for _, value in seen["texts"]["samples/continued"]] == [value for *_, value in TEXTS], seen
    print(f"{path}: {path.stat().st_size} bytes")
