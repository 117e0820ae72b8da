"""Neural audio synthesis to hear, see and play: the package behind the course.

Floors, each importing only those below it: ``classroom``, ``studio``, ``play`` next to
``evaluation``, ``generation`` next to ``training``, ``models``, ``sound``. Import what you
use from a floor by name, for example ``from nsynth_edu.sound import load_audio``.
"""

__version__ = "0.1.0"
