// Filled by the drawing layer.
