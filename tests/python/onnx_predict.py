"""Runs model.onnx of a folder on input.f32 with ONNX Runtime: the referee of the parity suite.

    python onnx_predict.py FOLDER N_FEATURES

Writes the probability of class 1 per row to probabilities.f32 and the label to label.i64, little-endian. The ONNX
checker looks at the model first, so that a file which only this runtime would take is refused.
"""

import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime


def main() -> None:
    folder, n_features = Path(sys.argv[1]), int(sys.argv[2])
    model = (folder / "model.onnx").read_bytes()
    onnx.checker.check_model(onnx.load_model_from_string(model), full_check=True)
    rows = numpy.fromfile(folder / "input.f32", dtype="<f4").reshape(-1, n_features)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    label, probabilities = session.run(["label", "probabilities"], {"input": rows})
    probabilities[:, 1].astype("<f4").tofile(folder / "probabilities.f32")
    label.astype("<i8").tofile(folder / "label.i64")


if __name__ == "__main__":
    main()
