#ifndef CONNX_H
#define CONNX_H

#include <protobuf-c/protobuf-c.h>

#include "onnx.pb-c.h"

/// A protobuf-c output buffer that carries what its `append` function needs.
typedef struct {
  ProtobufCBuffer base;
  void *context;
} COnnxSink;

#endif
