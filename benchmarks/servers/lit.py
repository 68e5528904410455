"""The same network in LitServe, batched by it. python lit.py MODEL PORT"""

import sys
from typing import Any

import litserve
import numpy as np
import torch
from fastapi import Request
from PIL import Image

from digit_recognizer.models import load_model
from digit_recognizer.models.model_file import load_network


class Recognise(litserve.LitAPI):  # type: ignore[misc]
    """What LitServe asks of a model."""

    def setup(self, device: str) -> None:
        model = load_model(sys.argv[1], "torch")
        _, network, _ = load_network(model.path)
        self.network = network.eval().to(device)

    def decode_request(self, request: Request) -> torch.Tensor:  # a form's fields; LitServe asks for the annotation
        image = Image.open(request["picture"].file).convert("L")
        return torch.from_numpy(np.array(image)).float().div(255).sub(0.5).div(0.5)[None]

    def predict(self, pixels: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            found = self.network(pixels)
        return torch.softmax(found[0] if isinstance(found, tuple) else found, 1)

    def encode_response(self, probabilities: torch.Tensor) -> dict[str, Any]:
        label = int(probabilities.argmax())
        return {"label": label, "probability": float(probabilities[label])}


if __name__ == "__main__":
    api = Recognise(max_batch_size=32, batch_timeout=0.001, api_path="/v1/predict")
    server = litserve.LitServer(api, accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", generate_client_file=False)
