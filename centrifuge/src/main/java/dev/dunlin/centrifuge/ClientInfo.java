package dev.dunlin.centrifuge;

import java.nio.ByteBuffer;

/**
 * Who a client is, as other clients see it.
 *
 * @param user empty for an anonymous user
 * @param client the connection's id
 * @param connInfo from the connection's token or hook; empty when there is none
 * @param chanInfo from the subscription's token or hook; empty when there is none
 */
record ClientInfo(String user, String client, ByteBuffer connInfo, ByteBuffer chanInfo) {}
