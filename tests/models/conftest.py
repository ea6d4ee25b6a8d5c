"""Two devices for the engine's tests, made before the first of them touches JAX."""

from yawstring.models.engine.runtime import use_devices

DEVICES = use_devices(2)
