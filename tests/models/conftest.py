"""One compute thread for the engine's tests, as a person's training has, settled before the first touches JAX."""

from yawstring.models.engine.runtime import use_one_thread

use_one_thread()
