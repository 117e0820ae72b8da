"""Questions of lessons and problem sets: answers, mistakes, hints, and figures in words."""
