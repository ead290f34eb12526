/*
 * The physical limit: what a WebSocket echo costs when nothing but the kernel and one pass over the
 * bytes is left. A measure, not a server: it reads and writes once per readiness, does not check
 * UTF-8, knows no limits but the size of its buffer, and trusts its peer.
 *
 *   cc -O2 -o limit limit.c && ./limit PORT
 *
 * Every message is echoed; those that arrive on /pub go to everyone connected on /fan, what one
 * read has brought in one write.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, EVENTS = 1024, DATA_MASK = 0x0f, CLOSE = 8, PING = 9, PONG = 10 };

static const char KEY[] = "Sec-WebSocket-Key: ";
static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
enum { KEY_SIZE = 24, ACCEPT_SIZE = 28 };

typedef enum { OPENING, ECHO, PUBLISHER, SUBSCRIBER } Kind;

/* What is left of a read or a write; allocated only while there is something. */
typedef struct {
  unsigned char *bytes;
  size_t size;
} Rest;

typedef struct {
  int fd;
  Kind kind;
  int subscriber; /* the place among the subscribers */
  Rest in;
  Rest out;
} Connection;

static int epoll;
static unsigned char in[2 * BUFFER];
static unsigned char out[2 * BUFFER];
static Connection **subscribers;
static int subscribed, subscriber_room;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void keep(Rest *rest, const unsigned char *bytes, size_t size) {
  rest->bytes = realloc(rest->bytes, rest->size + size);
  if (!rest->bytes) die("realloc");
  memcpy(rest->bytes + rest->size, bytes, size);
  rest->size += size;
}

static void clear(Rest *rest) {
  free(rest->bytes);
  rest->bytes = NULL;
  rest->size = 0;
}

static void watch(Connection *c, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll, operation, c->fd, &event)) die("epoll_ctl");
}

static void end(Connection *c) {
  if (c->kind == SUBSCRIBER) {
    Connection *last = subscribers[--subscribed];
    subscribers[c->subscriber] = last;
    last->subscriber = c->subscriber;
  }
  clear(&c->in);
  clear(&c->out);
  close(c->fd);
  free(c);
}

/* One write; what the socket does not take waits for EPOLLOUT. Errors show at the next read. */
static void send_all(Connection *c, const unsigned char *bytes, size_t size) {
  if (!c->out.size) {
    ssize_t sent = send(c->fd, bytes, size, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) return;
      sent = 0;
    }
    if ((size_t)sent == size) return;
    bytes += sent;
    size -= sent;
    watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }
  keep(&c->out, bytes, size);
}

static void writable(Connection *c) {
  ssize_t sent = send(c->fd, c->out.bytes, c->out.size, MSG_NOSIGNAL);
  if (sent < 0) return;
  c->out.size -= sent;
  memmove(c->out.bytes, c->out.bytes + sent, c->out.size);
  if (!c->out.size) {
    clear(&c->out);
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
  }
}

static size_t header(unsigned char *to, unsigned char first, uint64_t length) {
  to[0] = first;
  if (length < 126) {
    to[1] = length;
    return 2;
  }
  if (length < 65536) {
    to[1] = 126;
    to[2] = length >> 8;
    to[3] = length;
    return 4;
  }
  to[1] = 127;
  for (int i = 0; i < 8; i++) to[2 + i] = length >> (56 - 8 * i);
  return 10;
}

static void unmask(unsigned char *to, const unsigned char *from, size_t size, const unsigned char *key) {
  uint32_t narrow;
  memcpy(&narrow, key, 4);
  uint64_t wide = (uint64_t)narrow << 32 | narrow;
  size_t i = 0;
  for (; i + 32 <= size; i += 32) {
    uint64_t words[4];
    memcpy(words, from + i, 32);
    for (int k = 0; k < 4; k++) words[k] ^= wide;
    memcpy(to + i, words, 32);
  }
  for (; i < size; i++) to[i] = from[i] ^ key[i & 3];
}

/* Turns the whole frames at `from` into frames of a server at `out`; returns the bytes consumed, or
 * -1 where the connection should end. */
static ssize_t frames(const unsigned char *from, size_t size, size_t *produced) {
  size_t at = 0, to = 0;
  while (size - at >= 2) {
    const unsigned char *frame = from + at;
    uint64_t length = frame[1] & 0x7f;
    size_t head = 2;
    if (!(frame[1] & 0x80)) return -1;
    if (length == 126) {
      if (size - at < 4) break;
      length = (uint64_t)frame[2] << 8 | frame[3];
      head = 4;
    } else if (length == 127) {
      if (size - at < 10) break;
      length = 0;
      for (int i = 0; i < 8; i++) length = length << 8 | frame[2 + i];
      head = 10;
    }
    if (length > BUFFER - 14) return -1;
    if (size - at < head + 4 + length) break;
    int opcode = frame[0] & DATA_MASK;
    if (opcode == CLOSE) return -1;
    if (opcode != PONG) {
      to += header(out + to, opcode == PING ? 0x80 | PONG : frame[0], length);
      unmask(out + to, frame + head + 4, length, frame + head);
      to += length;
    }
    at += head + 4 + length;
  }
  *produced = to;
  return at;
}

static void subscribe(Connection *c) {
  if (subscribed == subscriber_room) {
    subscriber_room = subscriber_room ? 2 * subscriber_room : 1024;
    subscribers = realloc(subscribers, subscriber_room * sizeof *subscribers);
    if (!subscribers) die("realloc");
  }
  c->subscriber = subscribed;
  subscribers[subscribed++] = c;
}

static uint32_t turned(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

/* SHA-1 (FIPS 180-4) of the 60 octets of key and GUID, which take two blocks. */
static void sha1(const unsigned char *message, size_t size, unsigned char *digest) {
  unsigned char blocks[128] = {0};
  memcpy(blocks, message, size);
  blocks[size] = 0x80;
  blocks[126] = size * 8 >> 8;
  blocks[127] = size * 8;
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (int block = 0; block < 2; block++) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++) {
      const unsigned char *at = blocks + 64 * block + 4 * i;
      w[i] = (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
    }
    for (int i = 16; i < 80; i++) w[i] = turned(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
      uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                   : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                   : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                            : (b ^ c ^ d) + 0xca62c1d6;
      uint32_t next = turned(a, 5) + f + e + w[i];
      e = d;
      d = c;
      c = turned(b, 30);
      b = a;
      a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
  }
  for (int i = 0; i < 20; i++) digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

/* RFC 6455, 4.2.2: what the key of a request demands as the answer. */
static void accept_value(const unsigned char *key, char *to) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned char both[KEY_SIZE + sizeof GUID - 1], digest[21] = {0};
  memcpy(both, key, KEY_SIZE);
  memcpy(both + KEY_SIZE, GUID, sizeof GUID - 1);
  sha1(both, sizeof both, digest);
  for (int i = 0; i < 7; i++) {
    uint32_t three = digest[3 * i] << 16 | digest[3 * i + 1] << 8 | digest[3 * i + 2];
    for (int k = 0; k < 4; k++) to[4 * i + k] = letters[three >> (18 - 6 * k) & 63];
  }
  to[ACCEPT_SIZE - 1] = '=';
}

/* Answers the request head at the start of `in`; returns its size, 0 if it is not whole, -1 if it is
 * not one of ours. */
static ssize_t handshake(Connection *c, size_t size) {
  unsigned char *stop = memmem(in, size, "\r\n\r\n", 4);
  if (!stop) return size > 8192 ? -1 : 0;
  size_t head = stop + 4 - in;
  unsigned char *key = memmem(in, head, KEY, sizeof KEY - 1);
  if (!key || key + sizeof KEY - 1 + KEY_SIZE > stop) return -1;
  if (!memcmp(in, "GET /pub ", 9)) {
    c->kind = PUBLISHER;
  } else if (!memcmp(in, "GET /fan ", 9)) {
    c->kind = SUBSCRIBER;
    subscribe(c);
  } else {
    c->kind = ECHO;
  }
  char accept[ACCEPT_SIZE], answer[256];
  accept_value(key + sizeof KEY - 1, accept);
  int size_of_answer = snprintf(answer, sizeof answer,
                                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Accept: %.*s\r\n\r\n",
                                ACCEPT_SIZE, accept);
  send_all(c, (const unsigned char *)answer, size_of_answer);
  return head;
}

static void readable(Connection *c) {
  size_t held = c->in.size;
  if (held) memcpy(in, c->in.bytes, held);
  ssize_t count = recv(c->fd, in + held, BUFFER, 0);
  if (count <= 0) {
    if (count == 0 || errno != EAGAIN) end(c);
    return;
  }
  size_t size = held + count, at = 0;
  if (c->kind == OPENING) {
    ssize_t head = handshake(c, size);
    if (head < 0) {
      end(c);
      return;
    }
    at = head;
  }
  if (c->kind != OPENING) {
    size_t produced = 0;
    ssize_t used = frames(in + at, size - at, &produced);
    if (used < 0) {
      end(c);
      return;
    }
    at += used;
    if (produced && c->kind == PUBLISHER) {
      for (int i = 0; i < subscribed; i++) send_all(subscribers[i], out, produced);
    } else if (produced) {
      send_all(c, out, produced);
    }
  }
  if (held || at < size) {
    clear(&c->in);
    if (at < size) keep(&c->in, in + at, size - at);
  }
}

static void accept_all(int listener) {
  int one = 1;
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    Connection *c = calloc(1, sizeof *c);
    if (!c) die("calloc");
    c->fd = fd;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: limit PORT\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(atoi(argv[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&address, sizeof address)) die("bind");
  if (listen(listener, 4096)) die("listen");
  epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event)) die("epoll_ctl");
  struct epoll_event events[EVENTS];
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
      Connection *c = events[i].data.ptr;
      if (!c) {
        accept_all(listener);
      } else if (events[i].events & EPOLLIN) {
        readable(c);
      } else if (events[i].events & EPOLLOUT) {
        writable(c);
      } else {
        end(c);
      }
    }
  }
}
