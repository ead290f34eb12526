package dev.dunlin.server.internal;

import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.Proxies;
import dev.dunlin.server.netty.TlsContexts;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One address to listen at and what is found there.
 *
 * @param tls null for none
 * @param proxies who may say for whom it speaks
 */
public record ListenerPlan(
    InetSocketAddress address,
    @Nullable TlsContexts tls,
    Router<Target> routes,
    Router<HttpHandler> http,
    Proxies proxies) {}
