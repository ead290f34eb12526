package dev.dunlin.peers;

import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;

/** Tomcat: PORT plain|deflate. */
public final class TomcatPeer {

  private static final Set<Session> FAN = ConcurrentHashMap.newKeySet();

  private TomcatPeer() {}

  public static void main(String[] args) throws Exception {
    boolean deflate = args[1].equals("deflate");
    var folder = Files.createTempDirectory("tomcat-peer");
    var tomcat = new Tomcat();
    tomcat.setBaseDir(folder.toString());
    tomcat.setPort(Integer.parseInt(args[0]));
    var connector = tomcat.getConnector();
    connector.setProperty("address", "127.0.0.1");
    connector.setProperty("acceptCount", "4096");
    connector.setProperty("maxConnections", "-1");
    connector.setProperty("maxThreads", "8");
    connector.setProperty("pollerThreadCount", "1");
    connector.setProperty("socket.tcpNoDelay", "true");
    var context = tomcat.addContext("", folder.toString());
    context.addServletContainerInitializer(new WsSci(), null);
    context.addServletContainerInitializer(
        (classes, servlets) -> {
          var container = (ServerContainer) servlets.getAttribute(ServerContainer.class.getName());
          container.setDefaultMaxTextMessageBufferSize(64 << 10);
          for (var path : List.of("/echo", "/pub", "/fan")) {
            try {
              container.addEndpoint(
                  ServerEndpointConfig.Builder.create(Messages.class, path)
                      .configurator(
                          new ServerEndpointConfig.Configurator() {
                            @Override
                            public List<jakarta.websocket.Extension> getNegotiatedExtensions(
                                List<jakarta.websocket.Extension> installed,
                                List<jakarta.websocket.Extension> requested) {
                              return deflate
                                  ? super.getNegotiatedExtensions(installed, requested)
                                  : List.of();
                            }
                          })
                      .build());
            } catch (jakarta.websocket.DeploymentException e) {
              throw new IllegalStateException(e);
            }
          }
        },
        null);
    var servlet =
        Tomcat.addServlet(context, "default", new org.apache.catalina.servlets.DefaultServlet());
    servlet.setLoadOnStartup(1);
    context.addServletMappingDecoded("/", "default");
    tomcat.start();
    tomcat.getServer().await();
  }

  /** An endpoint; public, as the container makes it. */
  public static final class Messages extends Endpoint {

    @Override
    public void onOpen(Session session, EndpointConfig config) {
      var path = session.getRequestURI().getPath();
      if (path.equals("/fan")) {
        FAN.add(session);
      }
      session.addMessageHandler(
          new MessageHandler.Whole<String>() {
            @Override
            public void onMessage(String text) {
              try {
                if (path.equals("/pub")) {
                  for (var subscriber : FAN) {
                    subscriber.getBasicRemote().sendText(text);
                  }
                } else {
                  session.getBasicRemote().sendText(text);
                }
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            }
          });
    }

    @Override
    public void onClose(Session session, jakarta.websocket.CloseReason reason) {
      FAN.remove(session);
    }
  }
}
