/** Who a peer is: credentials, authenticators, identities. */
@NullMarked
package dev.dunlin.auth;

import org.jspecify.annotations.NullMarked;
