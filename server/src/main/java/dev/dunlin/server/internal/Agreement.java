package dev.dunlin.server.internal;

import dev.dunlin.auth.Identity;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.UpgradeRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a handshake has settled about one connection.
 *
 * @param request the request that opened it; null in the client role
 * @param variables the values of the route's path variables
 * @param subprotocol the agreed one, or empty
 * @param deflate compression as agreed, or null
 */
public record Agreement(
    Role role,
    @Nullable UpgradeRequest request,
    Map<String, String> variables,
    Identity identity,
    String subprotocol,
    @Nullable PerMessageDeflate deflate) {}
