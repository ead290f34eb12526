package dev.dunlin.websocket;

import java.time.Duration;

/**
 * The limits of a connection and of a server: every one with its default and what happens beyond
 * it.
 *
 * <p>Immutable: {@code Limits.defaults().maxMessageBytes(10 << 20).bufferCapacity(4096)} makes new
 * ones. Sizes are bytes, times at most 36,500 days. A limit counts before memory is taken.
 */
public final class Limits {

  private static final Limits DEFAULTS = new Limits();

  /** A century: a connection counts its times in nanoseconds, which end after three. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  // Set between the copy and its return in the methods below, never afterwards.
  private int maxMessageBytes = 1 << 20;
  private int maxFragments = 1024;
  private int maxControlFramesPerSecond = 100;
  private int bufferCapacity = 4096;
  private int inboundMessages = 64;
  private int inboundBytes = 1 << 20;
  private int outboundMessages = 2000;
  private int outboundBytes = 1 << 20;
  private int sendBufferBytes = 0;
  private Duration stalledWrite = Duration.ofSeconds(10);
  private Duration pingInterval = Duration.ofSeconds(25);
  private Duration pongWait = Duration.ofSeconds(8);
  private Duration closeHandshake = Duration.ofSeconds(5);
  private Duration tlsHandshake = Duration.ofSeconds(10);
  private Duration requestHead = Duration.ofSeconds(10);
  private Duration handler = Duration.ofSeconds(60);
  private int maxRequestLineBytes = 4096;
  private int maxHeadBytes = 16384;
  private int maxHeaders = 64;
  private int maxRequestBodyBytes = 1 << 20;
  private int maxConnections = 0;
  private int maxConnectionsPerAddress = 1000;
  private int maxNewConnectionsPerSecond = 2000;
  private int maxNewConnectionsPerSecondPerAddress = 200;
  private int maxTlsHandshakesPerSecond = 0;
  private int maxFailedAuthenticationsPerMinute = 60;
  private int maxMessagesPerSecond = 0;
  private int maxBytesPerSecond = 0;
  private int maxTakeoverContexts = 1000;

  private Limits() {}

  private Limits(Limits from) {
    maxMessageBytes = from.maxMessageBytes;
    maxFragments = from.maxFragments;
    maxControlFramesPerSecond = from.maxControlFramesPerSecond;
    bufferCapacity = from.bufferCapacity;
    inboundMessages = from.inboundMessages;
    inboundBytes = from.inboundBytes;
    outboundMessages = from.outboundMessages;
    outboundBytes = from.outboundBytes;
    sendBufferBytes = from.sendBufferBytes;
    stalledWrite = from.stalledWrite;
    pingInterval = from.pingInterval;
    pongWait = from.pongWait;
    closeHandshake = from.closeHandshake;
    tlsHandshake = from.tlsHandshake;
    requestHead = from.requestHead;
    handler = from.handler;
    maxRequestLineBytes = from.maxRequestLineBytes;
    maxHeadBytes = from.maxHeadBytes;
    maxHeaders = from.maxHeaders;
    maxRequestBodyBytes = from.maxRequestBodyBytes;
    maxConnections = from.maxConnections;
    maxConnectionsPerAddress = from.maxConnectionsPerAddress;
    maxNewConnectionsPerSecond = from.maxNewConnectionsPerSecond;
    maxNewConnectionsPerSecondPerAddress = from.maxNewConnectionsPerSecondPerAddress;
    maxTlsHandshakesPerSecond = from.maxTlsHandshakesPerSecond;
    maxFailedAuthenticationsPerMinute = from.maxFailedAuthenticationsPerMinute;
    maxMessagesPerSecond = from.maxMessagesPerSecond;
    maxBytesPerSecond = from.maxBytesPerSecond;
    maxTakeoverContexts = from.maxTakeoverContexts;
  }

  /** The defaults, as each method states them. */
  public static Limits defaults() {
    return DEFAULTS;
  }

  private static int atLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " " + value + " is below " + least);
    }
    return value;
  }

  private static Duration duration(Duration value, String name) {
    if (value.isNegative()) {
      throw new IllegalArgumentException(name + " " + value + " is negative");
    }
    if (value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(name + " " + value + " is longer than 36,500 days");
    }
    return value;
  }

  /**
   * The largest message, in bytes after inflation. Beyond it the connection is closed with 1009,
   * from the frame header where that already tells. Default 1 MiB.
   */
  public int maxMessageBytes() {
    return maxMessageBytes;
  }

  /** These limits with another {@link #maxMessageBytes()}. */
  public Limits maxMessageBytes(int value) {
    var copy = new Limits(this);
    copy.maxMessageBytes = atLeast(1, value, "maxMessageBytes");
    return copy;
  }

  /**
   * The most fragments of one message, empty ones counted. Beyond it the connection is closed with
   * 1008. Default 1,024.
   */
  public int maxFragments() {
    return maxFragments;
  }

  /** These limits with another {@link #maxFragments()}. */
  public Limits maxFragments(int value) {
    var copy = new Limits(this);
    copy.maxFragments = atLeast(1, value, "maxFragments");
    return copy;
  }

  /**
   * The most pings and pongs accepted within one second. Beyond it the connection is closed with
   * 1008. Default 100.
   */
  public int maxControlFramesPerSecond() {
    return maxControlFramesPerSecond;
  }

  /** These limits with another {@link #maxControlFramesPerSecond()}. */
  public Limits maxControlFramesPerSecond(int value) {
    var copy = new Limits(this);
    copy.maxControlFramesPerSecond = atLeast(1, value, "maxControlFramesPerSecond");
    return copy;
  }

  /**
   * The capacity of the first read of a connection, in bytes. The buffer belongs to the event loop,
   * grows while reads fill it, and is shared by the loop's connections. Default 4,096.
   */
  public int bufferCapacity() {
    return bufferCapacity;
  }

  /** These limits with another {@link #bufferCapacity()}. */
  public Limits bufferCapacity(int value) {
    var copy = new Limits(this);
    copy.bufferCapacity = atLeast(64, value, "bufferCapacity");
    return copy;
  }

  /**
   * The most messages waiting for a handler. At the limit the socket is not read until the handler
   * has caught up. Default 64.
   */
  public int inboundMessages() {
    return inboundMessages;
  }

  /** These limits with another {@link #inboundMessages()}. */
  public Limits inboundMessages(int value) {
    var copy = new Limits(this);
    copy.inboundMessages = atLeast(1, value, "inboundMessages");
    return copy;
  }

  /** The most bytes waiting for a handler; the same consequence. Default 1 MiB. */
  public int inboundBytes() {
    return inboundBytes;
  }

  /** These limits with another {@link #inboundBytes()}. */
  public Limits inboundBytes(int value) {
    var copy = new Limits(this);
    copy.inboundBytes = atLeast(1, value, "inboundBytes");
    return copy;
  }

  /**
   * The most messages waiting for a peer that reads slowly. Beyond it the route's overflow policy
   * acts; by default the connection is closed with 1013. Default 2,000.
   */
  public int outboundMessages() {
    return outboundMessages;
  }

  /** These limits with another {@link #outboundMessages()}. */
  public Limits outboundMessages(int value) {
    var copy = new Limits(this);
    copy.outboundMessages = atLeast(1, value, "outboundMessages");
    return copy;
  }

  /** The most bytes waiting for a peer that reads slowly; the same consequence. Default 1 MiB. */
  public int outboundBytes() {
    return outboundBytes;
  }

  /** These limits with another {@link #outboundBytes()}. */
  public Limits outboundBytes(int value) {
    var copy = new Limits(this);
    copy.outboundBytes = atLeast(1, value, "outboundBytes");
    return copy;
  }

  /** The socket's send buffer (SO_SNDBUF), in bytes; 0 leaves the size to the kernel. Default 0. */
  public int sendBufferBytes() {
    return sendBufferBytes;
  }

  /** These limits with another {@link #sendBufferBytes()}. */
  public Limits sendBufferBytes(int value) {
    var copy = new Limits(this);
    copy.sendBufferBytes = atLeast(0, value, "sendBufferBytes");
    return copy;
  }

  /** How long a write may make no progress. Then the connection is closed. Default 10 s. */
  public Duration stalledWrite() {
    return stalledWrite;
  }

  /** These limits with another {@link #stalledWrite()}. */
  public Limits stalledWrite(Duration value) {
    var copy = new Limits(this);
    copy.stalledWrite = duration(value, "stalledWrite");
    return copy;
  }

  /** The time between pings, varied by 10 % either way; zero sends none. Default 25 s. */
  public Duration pingInterval() {
    return pingInterval;
  }

  /** These limits with another {@link #pingInterval()}. */
  public Limits pingInterval(Duration value) {
    var copy = new Limits(this);
    copy.pingInterval = duration(value, "pingInterval");
    return copy;
  }

  /**
   * How long a ping may stay unanswered. Then the peer counts as dead and the connection ends.
   * Default 8 s.
   */
  public Duration pongWait() {
    return pongWait;
  }

  /** These limits with another {@link #pongWait()}. */
  public Limits pongWait(Duration value) {
    var copy = new Limits(this);
    copy.pongWait = duration(value, "pongWait");
    return copy;
  }

  /** How long the peer may take to answer a close frame. Then the connection ends. Default 5 s. */
  public Duration closeHandshake() {
    return closeHandshake;
  }

  /** These limits with another {@link #closeHandshake()}. */
  public Limits closeHandshake(Duration value) {
    var copy = new Limits(this);
    copy.closeHandshake = duration(value, "closeHandshake");
    return copy;
  }

  /** How long a TLS handshake may take. Then the connection is closed. Default 10 s. */
  public Duration tlsHandshake() {
    return tlsHandshake;
  }

  /** These limits with another {@link #tlsHandshake()}. */
  public Limits tlsHandshake(Duration value) {
    var copy = new Limits(this);
    copy.tlsHandshake = duration(value, "tlsHandshake");
    return copy;
  }

  /** How long a request head may take to arrive. Then the answer is 408. Default 10 s. */
  public Duration requestHead() {
    return requestHead;
  }

  /** These limits with another {@link #requestHead()}. */
  public Limits requestHead(Duration value) {
    var copy = new Limits(this);
    copy.requestHead = duration(value, "requestHead");
    return copy;
  }

  /**
   * How long a handler may work on one message while the socket is not read because of it. Then the
   * connection is closed with 1011. Default 60 s.
   */
  public Duration handler() {
    return handler;
  }

  /** These limits with another {@link #handler()}. */
  public Limits handler(Duration value) {
    var copy = new Limits(this);
    copy.handler = duration(value, "handler");
    return copy;
  }

  /** The longest request line. Beyond it the answer is 414. Default 4 KiB. */
  public int maxRequestLineBytes() {
    return maxRequestLineBytes;
  }

  /** These limits with another {@link #maxRequestLineBytes()}. */
  public Limits maxRequestLineBytes(int value) {
    var copy = new Limits(this);
    copy.maxRequestLineBytes = atLeast(16, value, "maxRequestLineBytes");
    return copy;
  }

  /** The longest request head, in bytes. Beyond it the answer is 431. Default 16 KiB. */
  public int maxHeadBytes() {
    return maxHeadBytes;
  }

  /** These limits with another {@link #maxHeadBytes()}. */
  public Limits maxHeadBytes(int value) {
    var copy = new Limits(this);
    copy.maxHeadBytes = atLeast(64, value, "maxHeadBytes");
    return copy;
  }

  /** The most header lines of a request. Beyond it the answer is 431. Default 64. */
  public int maxHeaders() {
    return maxHeaders;
  }

  /** These limits with another {@link #maxHeaders()}. */
  public Limits maxHeaders(int value) {
    var copy = new Limits(this);
    copy.maxHeaders = atLeast(1, value, "maxHeaders");
    return copy;
  }

  /** The largest body of a plain HTTP request. Beyond it the answer is 413. Default 1 MiB. */
  public int maxRequestBodyBytes() {
    return maxRequestBodyBytes;
  }

  /** These limits with another {@link #maxRequestBodyBytes()}. */
  public Limits maxRequestBodyBytes(int value) {
    var copy = new Limits(this);
    copy.maxRequestBodyBytes = atLeast(0, value, "maxRequestBodyBytes");
    return copy;
  }

  /**
   * The most connections of a server. Beyond it the answer is 503 with Retry-After; 0 derives the
   * number from the process's limit on open files, less 500. Default 0.
   */
  public int maxConnections() {
    return maxConnections;
  }

  /** These limits with another {@link #maxConnections()}. */
  public Limits maxConnections(int value) {
    var copy = new Limits(this);
    copy.maxConnections = atLeast(0, value, "maxConnections");
    return copy;
  }

  /**
   * The most connections from one remote address, loopback excepted; the same answer; 0 sets no
   * limit. Default 1,000.
   */
  public int maxConnectionsPerAddress() {
    return maxConnectionsPerAddress;
  }

  /** These limits with another {@link #maxConnectionsPerAddress()}. */
  public Limits maxConnectionsPerAddress(int value) {
    var copy = new Limits(this);
    copy.maxConnectionsPerAddress = atLeast(0, value, "maxConnectionsPerAddress");
    return copy;
  }

  /**
   * How many connections a server takes in a second, in the mean; as many may come at once after a
   * quiet second. Beyond it the answer is 503 with {@code Retry-After}, and over TLS the connection
   * is closed; 0 sets no limit. Default 2,000.
   */
  public int maxNewConnectionsPerSecond() {
    return maxNewConnectionsPerSecond;
  }

  /** These limits with another {@link #maxNewConnectionsPerSecond()}. */
  public Limits maxNewConnectionsPerSecond(int value) {
    var copy = new Limits(this);
    copy.maxNewConnectionsPerSecond = atLeast(0, value, "maxNewConnectionsPerSecond");
    return copy;
  }

  /**
   * The most new connections from one address in a second, in the mean, and as many at once after a
   * quiet second; of an IPv6 address the first 64 bits count. Loopback is excepted. Beyond it the
   * answer is 503 with {@code Retry-After}, and over TLS the connection is closed. Default 200; 0
   * sets no limit.
   */
  public int maxNewConnectionsPerSecondPerAddress() {
    return maxNewConnectionsPerSecondPerAddress;
  }

  /** These limits with another {@link #maxNewConnectionsPerSecondPerAddress()}. */
  public Limits maxNewConnectionsPerSecondPerAddress(int value) {
    var copy = new Limits(this);
    copy.maxNewConnectionsPerSecondPerAddress =
        atLeast(0, value, "maxNewConnectionsPerSecondPerAddress");
    return copy;
  }

  /**
   * The most TLS handshakes begun in a second, in the mean, and as many at once after a quiet
   * second. Beyond it the connection is closed without an answer, which would cost the handshake.
   * Default 0: as many as half of the processors carry.
   */
  public int maxTlsHandshakesPerSecond() {
    return maxTlsHandshakesPerSecond;
  }

  /** These limits with another {@link #maxTlsHandshakesPerSecond()}. */
  public Limits maxTlsHandshakesPerSecond(int value) {
    var copy = new Limits(this);
    copy.maxTlsHandshakesPerSecond = atLeast(0, value, "maxTlsHandshakesPerSecond");
    return copy;
  }

  /**
   * How many credentials that are wrong one address may present in a minute, loopback excepted.
   * Then its upgrades get 429 until some of the minute has passed; credentials that were right and
   * have expired do not count. 0 sets no limit. Default 60.
   */
  public int maxFailedAuthenticationsPerMinute() {
    return maxFailedAuthenticationsPerMinute;
  }

  /** These limits with another {@link #maxFailedAuthenticationsPerMinute()}. */
  public Limits maxFailedAuthenticationsPerMinute(int value) {
    var copy = new Limits(this);
    copy.maxFailedAuthenticationsPerMinute = atLeast(0, value, "maxFailedAuthenticationsPerMinute");
    return copy;
  }

  /**
   * How many messages a peer may send in a second, in the mean; as many may come at once after a
   * quiet second. Beyond it the connection closes with 1008. Default 0: no limit.
   */
  public int maxMessagesPerSecond() {
    return maxMessagesPerSecond;
  }

  /** These limits with another {@link #maxMessagesPerSecond()}. */
  public Limits maxMessagesPerSecond(int value) {
    var copy = new Limits(this);
    copy.maxMessagesPerSecond = atLeast(0, value, "maxMessagesPerSecond");
    return copy;
  }

  /**
   * How many bytes of messages, inflated, a peer may send in a second, in the mean; as many may
   * come at once after a quiet second, so nothing larger is taken. Beyond it the connection closes
   * with 1008. Default 0: no limit.
   */
  public int maxBytesPerSecond() {
    return maxBytesPerSecond;
  }

  /** These limits with another {@link #maxBytesPerSecond()}. */
  public Limits maxBytesPerSecond(int value) {
    var copy = new Limits(this);
    copy.maxBytesPerSecond = atLeast(0, value, "maxBytesPerSecond");
    return copy;
  }

  /**
   * The most connections of a server that keep compression contexts of their own (about 300 KB each
   * while in use). Beyond it context takeover is not agreed. Default 1,000.
   */
  public int maxTakeoverContexts() {
    return maxTakeoverContexts;
  }

  /** These limits with another {@link #maxTakeoverContexts()}. */
  public Limits maxTakeoverContexts(int value) {
    var copy = new Limits(this);
    copy.maxTakeoverContexts = atLeast(0, value, "maxTakeoverContexts");
    return copy;
  }
}
