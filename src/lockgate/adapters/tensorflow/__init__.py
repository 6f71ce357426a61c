"""TensorFlow and Keras: networks on either of two backends, and SavedModels; each module is loaded when used."""
