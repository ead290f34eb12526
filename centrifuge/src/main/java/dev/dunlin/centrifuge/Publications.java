package dev.dunlin.centrifuge;

import dev.dunlin.channels.Block;
import dev.dunlin.channels.Publication;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Text;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Publications as they go out: each form made once per publication, or once per block, and shared
 * by all subscribers who take that form.
 */
final class Publications {

  private Publications() {}

  /** The data of a publication as a subscription takes it. */
  enum Form {
    /** As published. */
    FULL,
    /** For JSON subscriptions that agreed to deltas: as published, inside a JSON string. */
    QUOTED,
    /** The difference to the publication before; in JSON inside a string. */
    PATCH
  }

  /**
   * A kind of subscriber: those who take the same bytes.
   *
   * @param id the channel's number where pushes carry it, or 0
   * @param plain whether the channel forbids compression
   */
  record Variant(boolean json, Form form, long id, boolean plain) {

    /** Without a number one that is shared: there are few, and a subscription holds one. */
    static Variant of(boolean json, Form form, long id, boolean plain) {
      return id == 0
          ? UNNUMBERED.get((form.ordinal() << 2) | (json ? 2 : 0) | (plain ? 1 : 0))
          : new Variant(json, form, id, plain);
    }

    private static final List<Variant> UNNUMBERED =
        Arrays.stream(Form.values())
            .flatMap(form ->
                Stream.of(
                    new Variant(false, form, 0, false),
                    new Variant(false, form, 0, true),
                    new Variant(true, form, 0, false),
                    new Variant(true, form, 0, true)))
            .toList();

    private Prepared allowed(Prepared prepared) {
      return plain ? prepared.uncompressed() : prepared;
    }
  }

  /** A publication in a reply; the data of one that is no JSON is left out for JSON clients. */
  static WirePublication wire(Publication publication, boolean json) {
    return WirePublication.of(
        publication,
        json ? JsonText.embeddable(publication).orElse(Codec.NOTHING) : publication.data());
  }

  /** A publication in a subscribe reply; empty if a JSON client cannot take it. */
  static Optional<WirePublication> recovered(Publication publication, Variant variant) {
    return data(publication, variant).map(data -> WirePublication.of(publication, data));
  }

  /**
   * The push, framed; empty if a JSON client cannot take it.
   *
   * @param encodings counts what is encoded
   */
  static Optional<Prepared> prepared(
      Publication publication, Variant variant, LongAdder encodings) {
    return publication.encoding(
        variant,
        made -> {
          encodings.increment();
          return push(made, variant).map(Prepared::of).map(variant::allowed);
        });
  }

  /** The pushes of a block, framed together; empty if a JSON client cannot take one of them. */
  static Optional<Prepared> prepared(Block block, Variant variant, LongAdder encodings) {
    if (block.publications().size() == 1) {
      return prepared(block.publications().getFirst(), variant, encodings);
    }
    return block.encoding(
        variant,
        made -> {
          encodings.increment();
          var pushes = new ArrayList<Data>(made.publications().size());
          for (var publication : made.publications()) {
            var push = push(publication, variant);
            if (push.isEmpty()) {
              return Optional.empty();
            }
            pushes.add(push.get());
          }
          return Optional.of(variant.allowed(Prepared.of(pushes)));
        });
  }

  private static Optional<Data> push(Publication publication, Variant variant) {
    var name =
        variant.id() > 0
            ? Push.Channel.numbered(variant.id())
            : Push.Channel.named(publication.channel());
    return patchOrFull(publication, variant)
        .map(wire ->
            message(codec(variant.json()).encode(new Push.Pub(name, wire)), variant.json()));
  }

  static Codec codec(boolean json) {
    return json ? JsonCodec.INSTANCE : ProtobufCodec.INSTANCE;
  }

  static Data message(byte[] bytes, boolean json) {
    return json ? Text.of(bytes) : Binary.of(bytes);
  }

  private static Optional<WirePublication> patchOrFull(Publication publication, Variant variant) {
    if (variant.form() == Form.PATCH && publication.previousData().isPresent()) {
      var patch = patch(publication, publication.previousData().get(), variant.json());
      if (patch.isPresent()) {
        var data = variant.json() ? JsonText.quoted(patch.get()) : ByteBuffer.wrap(patch.get());
        return Optional.of(WirePublication.of(publication, data).withData(data, true));
      }
    }
    return data(publication, variant).map(data -> WirePublication.of(publication, data));
  }

  /** The patch, if there is one and it is shorter than the data. */
  private static Optional<byte[]> patch(Publication publication, ByteBuffer before, boolean json) {
    var source = Bytes.array(before);
    var target = Bytes.array(publication.data());
    if (json && !Utf8.valid(source, 0, source.length)) {
      return Optional.empty();
    }
    var patch =
        json ? FossilDelta.createCharacterSafe(source, target) : FossilDelta.create(source, target);
    return patch.length < target.length ? Optional.of(patch) : Optional.empty();
  }

  private static Optional<ByteBuffer> data(Publication publication, Variant variant) {
    if (!variant.json()) {
      return Optional.of(publication.data());
    }
    if (variant.form() == Form.FULL) {
      return JsonText.embeddable(publication);
    }
    // inside a string the bytes are kept as they are: patches are made against them
    return JsonText.embeddable(publication)
        .map(valid -> JsonText.quoted(Bytes.array(publication.data())));
  }
}
