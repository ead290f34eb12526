package dev.dunlin.app.load;

/** Is told how a run goes, by one thread. */
public interface Progress {

  /** For those who do not want to know. */
  Progress NONE =
      new Progress() {
        @Override
        public void opened(int open, int all) {}

        @Override
        public void second(Result.Second second, boolean warmUp) {}
      };

  /** So many connections are open. */
  void opened(int open, int all);

  /** A second is over. */
  void second(Result.Second second, boolean warmUp);
}
