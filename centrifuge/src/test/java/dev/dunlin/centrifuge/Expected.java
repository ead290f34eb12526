package dev.dunlin.centrifuge;

/** Replies as tests expect them, written with single quotes. */
final class Expected {

  private Expected() {}

  static String json(String text) {
    return text.replace('\'', '"');
  }

  static String error(int id, ErrorCode error) {
    return json(
        "{'id':%d,'error':{'code':%d,'message':'%s'%s}}"
            .formatted(
                id, error.code(), error.message(), error.temporary() ? ",'temporary':true" : ""));
  }
}
