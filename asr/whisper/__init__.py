"""Whisper on CTranslate2: looks at a window as programs of model calls, and what runs them."""
