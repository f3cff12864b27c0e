"""Every text that people read: views of the core's values in, Markdown, Block Kit and HTML out. Nothing here decides.

Add a surface as a module that takes a `view.ReleaseView`; add the word for a new outcome or verdict to `vocabulary`.
"""
