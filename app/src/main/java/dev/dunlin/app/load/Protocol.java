package dev.dunlin.app.load;

/** What is spoken over the connections. */
public enum Protocol {
  /** Plain messages, to a server that sends back what it gets. */
  RAW,
  /** The Centrifuge client protocol in JSON. */
  JSON,
  /** The Centrifuge client protocol in Protobuf. */
  PROTOBUF
}
