"""A plugin that forgot to declare itself."""
