"""The plain way to serve a network: a FastAPI handler, PIL, torch without a compiler. python plain.py MODEL PORT"""

from __future__ import annotations

import io
import sys

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image

from digit_recognizer.models import load_model
from digit_recognizer.models.model_file import load_network

model = load_model(sys.argv[1], "torch")
_, network, _ = load_network(model.path)
network.eval()
app = FastAPI()


@app.post("/v1/predict")
async def predict(request: Request) -> dict[str, object]:
    image = Image.open(io.BytesIO(await request.body())).convert("L")
    pixels = torch.from_numpy(np.array(image)).float().div(255).sub(0.5).div(0.5)
    with torch.no_grad():
        found = network(pixels[None, None])
    logits = found[0] if isinstance(found, tuple) else found
    probabilities = torch.softmax(logits[0], 0)
    label = int(probabilities.argmax())
    return {"label": label, "probability": float(probabilities[label])}


uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
