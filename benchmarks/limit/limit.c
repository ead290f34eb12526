/*
 * The physical limit: what a WebSocket echo costs when nothing but the kernel and one pass over the
 * bytes is left. A measure, not a server: it answers one fixed handshake key, reads and writes once
 * per readiness, does not check UTF-8, knows no limits but the size of its buffer, and trusts its
 * peer.
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

/* The answer to the key of RFC 6455, 1.3. */
static const char KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char ANSWER[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

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

/* Answers the request head at the start of `in`; returns its size, 0 if it is not whole, -1 if it is
 * not one of ours. */
static ssize_t handshake(Connection *c, size_t size) {
  unsigned char *stop = memmem(in, size, "\r\n\r\n", 4);
  if (!stop) return size > 8192 ? -1 : 0;
  size_t head = stop + 4 - in;
  if (!memmem(in, head, KEY, sizeof KEY - 1)) return -1;
  if (!memcmp(in, "GET /pub ", 9)) {
    c->kind = PUBLISHER;
  } else if (!memcmp(in, "GET /fan ", 9)) {
    c->kind = SUBSCRIBER;
    subscribe(c);
  } else {
    c->kind = ECHO;
  }
  send_all(c, (const unsigned char *)ANSWER, sizeof ANSWER - 1);
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
