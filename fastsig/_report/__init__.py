"""What the ``fastsig`` command does: it measures, and shows what it measured.

Data flows one way: ``accuracy``, ``errors`` and ``speed`` measure, ``measure`` gathers what they found in one dict of
plain numbers and texts, and that becomes text (``text``), JSON, or a page (``page``) with pictures (``pictures``).
Nothing of this is imported with fastsig.
"""
