package dev.dunlin.centrifuge;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** The clients that are connected to this node, by connection and by user. For any thread. */
public final class Clients {

  private final ConcurrentHashMap<String, Client> byId = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Set<Client>> byUser = new ConcurrentHashMap<>();

  private final LongAdder json = new LongAdder();
  private final LongAdder protobuf = new LongAdder();

  Clients() {}

  private LongAdder protocol(Client client) {
    return client.protocol().equals("json") ? json : protobuf;
  }

  void add(Client client) {
    byId.put(client.id(), client);
    protocol(client).increment();
    byUser.compute(
        client.user(),
        (user, known) -> {
          Set<Client> clients = known == null ? ConcurrentHashMap.newKeySet(2) : known;
          clients.add(client);
          return clients;
        });
  }

  void remove(Client client) {
    if (byId.remove(client.id()) != null) {
      protocol(client).decrement();
    }
    byUser.computeIfPresent(
        client.user(),
        (user, clients) -> {
          clients.remove(client);
          return clients.isEmpty() ? null : clients;
        });
  }

  /** The connection with this id. */
  public Optional<Client> client(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** The connections of a user. */
  public Collection<Client> user(String user) {
    var clients = byUser.get(user);
    return clients == null ? List.of() : List.copyOf(clients);
  }

  /** All connections, in no order; a view that follows what happens. */
  public Iterable<Client> all() {
    return java.util.Collections.unmodifiableCollection(byId.values());
  }

  /** The number of connections. */
  public int count() {
    return byId.size();
  }

  /**
   * The number of connections that speak a protocol.
   *
   * @param protocol {@code "json"} or {@code "protobuf"}
   */
  public int count(String protocol) {
    return (protocol.equals("json") ? json : protobuf).intValue();
  }

  /** The number of distinct users, anonymous ones counted as one. */
  public int users() {
    return byUser.size();
  }
}
