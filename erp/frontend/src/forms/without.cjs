// Stands for what only form-js' own panel and its FEEL editor need: ours is in panel.js, so half of its weight stays out.
// The two names are called while form-js is loaded.

module.exports = { Annotation: { define () {} }, jsonParseLinter () {} }
