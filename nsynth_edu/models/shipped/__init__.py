"""Trained models that come with the package: `load_model("NAME")` reads NAME.safetensors."""
