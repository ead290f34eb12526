package dev.dunlin.conformance;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The public API of one module as text: what a user can see and call, one declaration a line. */
final class PublicApi {

  private final ModuleDescriptor module;
  private final List<Class<?>> types;

  private PublicApi(ModuleDescriptor module, List<Class<?>> types) {
    this.module = module;
    this.types = types;
  }

  static PublicApi of(ModuleReference reference) throws Exception {
    Set<String> exported =
        reference.descriptor().exports().stream()
            .filter(exports -> !exports.isQualified())
            .map(ModuleDescriptor.Exports::source)
            .collect(Collectors.toSet());
    List<Class<?>> types = new ArrayList<>();
    try (ModuleReader reader = reference.open();
        Stream<String> names = reader.list()) {
      for (String name : names.filter(name -> name.endsWith(".class")).toList()) {
        String type = name.substring(0, name.length() - ".class".length()).replace('/', '.');
        int dot = type.lastIndexOf('.');
        if (dot > 0 && exported.contains(type.substring(0, dot)) && !type.endsWith("-info")) {
          Class<?> loaded = Class.forName(type, false, PublicApi.class.getClassLoader());
          if (visible(loaded)) {
            types.add(loaded);
          }
        }
      }
    }
    types.sort(Comparator.comparing(Class::getName));
    return new PublicApi(reference.descriptor(), types);
  }

  String moduleName() {
    return module.name();
  }

  /** Every type that appears in a signature. */
  Set<Class<?>> mentioned() {
    Set<Class<?>> mentioned = new LinkedHashSet<>();
    for (Class<?> type : types) {
      for (Member member : members(type)) {
        switch (member) {
          case Field field -> mention(field.getGenericType(), mentioned);
          case Executable executable -> {
            Arrays.stream(executable.getGenericParameterTypes())
                .forEach(it -> mention(it, mentioned));
            Arrays.stream(executable.getGenericExceptionTypes())
                .forEach(it -> mention(it, mentioned));
            if (executable instanceof Method method) {
              mention(method.getGenericReturnType(), mentioned);
            }
          }
          default -> throw new AssertionError(member);
        }
      }
    }
    return mentioned;
  }

  Set<Class<?>> types() {
    return Set.copyOf(types);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("module " + module.name() + "\n");
    for (Class<?> type : types) {
      text.append('\n').append(declaration(type)).append('\n');
      Set<String> lines = new TreeSet<>();
      for (Member member : members(type)) {
        lines.add("  " + line(type, member));
      }
      lines.forEach(line -> text.append(line).append('\n'));
    }
    return text.toString();
  }

  private static boolean visible(Class<?> type) {
    if (type.isAnonymousClass() || type.isLocalClass() || type.isSynthetic()) {
      return false;
    }
    Class<?> outer = type.getEnclosingClass();
    boolean seen =
        Modifier.isPublic(type.getModifiers()) || Modifier.isProtected(type.getModifiers());
    return seen && (outer == null || visible(outer));
  }

  private static List<Member> members(Class<?> type) {
    List<Member> members = new ArrayList<>();
    Stream.of(type.getDeclaredFields()).filter(it -> open(type, it)).forEach(members::add);
    Stream.of(type.getDeclaredConstructors()).filter(it -> open(type, it)).forEach(members::add);
    Stream.of(type.getDeclaredMethods())
        .filter(it -> open(type, it) && !plumbing(type, it))
        .forEach(members::add);
    // What a supertype hides behind package access is declared here, for the user.
    Stream.of(type.getMethods())
        .filter(it -> it.getDeclaringClass() != type && !visible(it.getDeclaringClass()))
        .filter(it -> it.getDeclaringClass().getName().startsWith("dev.dunlin."))
        .filter(it -> !it.isSynthetic() && !plumbing(type, it))
        .forEach(members::add);
    return members;
  }

  private static boolean open(Class<?> type, Member member) {
    int modifiers = member.getModifiers();
    boolean inherited = Modifier.isProtected(modifiers) && !Modifier.isFinal(type.getModifiers());
    return !member.isSynthetic() && (Modifier.isPublic(modifiers) || inherited);
  }

  /** What every object, record or enum has. */
  private static boolean plumbing(Class<?> type, Method method) {
    int count = method.getParameterCount();
    return switch (method.getName()) {
      case "equals" -> count == 1;
      case "hashCode", "toString" -> count == 0;
      case "values", "valueOf" -> type.isEnum() && Modifier.isStatic(method.getModifiers());
      default -> false;
    };
  }

  private static String declaration(Class<?> type) {
    StringBuilder text = new StringBuilder();
    int modifiers = type.getModifiers();
    if (Modifier.isProtected(modifiers)) {
      text.append("protected ");
    }
    if (type.isSealed()) {
      text.append("sealed ");
    }
    if (type.isInterface()) {
      text.append(type.isAnnotation() ? "@interface " : "interface ");
    } else if (type.isRecord()) {
      text.append("record ");
    } else if (type.isEnum()) {
      text.append("enum ");
    } else {
      text.append(Modifier.isFinal(modifiers) ? "final " : "");
      text.append(Modifier.isAbstract(modifiers) ? "abstract " : "").append("class ");
    }
    text.append(type.getName());
    if (type.getTypeParameters().length > 0) {
      text.append(variables(type.getTypeParameters()));
    }
    Class<?> parent = type.getSuperclass();
    if (parent != null && visibleParent(parent) && !type.isRecord() && !type.isEnum()) {
      text.append(" extends ").append(name(type.getGenericSuperclass()));
    }
    String interfaces =
        Stream.of(type.getGenericInterfaces())
            .map(PublicApi::name)
            .collect(Collectors.joining(", "));
    if (!interfaces.isEmpty()) {
      text.append(type.isInterface() ? " extends " : " implements ").append(interfaces);
    }
    if (type.isSealed()) {
      text.append(" permits ");
      text.append(
          Stream.of(type.getPermittedSubclasses())
              .map(PublicApi::name)
              .collect(Collectors.joining(", ")));
    }
    return text.toString();
  }

  private static boolean visibleParent(Class<?> parent) {
    return parent != Object.class && visible(parent);
  }

  private static String line(Class<?> type, Member member) {
    StringBuilder text = new StringBuilder();
    int modifiers = member.getModifiers();
    text.append(Modifier.isProtected(modifiers) ? "protected " : "");
    text.append(Modifier.isStatic(modifiers) ? "static " : "");
    switch (member) {
      case Field field -> {
        text.append(field.isEnumConstant() ? "" : name(field.getGenericType()) + " ");
        text.append(field.getName());
      }
      case Constructor<?> constructor -> text.append("new").append(parameters(constructor));
      case Method method -> {
        boolean open = Modifier.isAbstract(modifiers);
        text.append(open ? "abstract " : method.isDefault() ? "default " : "");
        if (method.getTypeParameters().length > 0) {
          text.append(variables(method.getTypeParameters())).append(' ');
        }
        text.append(name(method.getGenericReturnType())).append(' ').append(method.getName());
        text.append(parameters(method));
      }
      default -> throw new AssertionError(member);
    }
    return text.append(deprecated((AccessibleObject) member)).toString();
  }

  private static String deprecated(AccessibleObject member) {
    return member.isAnnotationPresent(Deprecated.class) ? " deprecated" : "";
  }

  private static String parameters(Executable executable) {
    String text =
        Stream.of(executable.getGenericParameterTypes())
            .map(PublicApi::name)
            .collect(Collectors.joining(", ", "(", ")"));
    if (executable.isVarArgs()) {
      text = text.substring(0, text.length() - 3) + "...)";
    }
    String thrown =
        Stream.of(executable.getGenericExceptionTypes())
            .map(PublicApi::name)
            .collect(Collectors.joining(", "));
    return thrown.isEmpty() ? text : text + " throws " + thrown;
  }

  private static String variables(TypeVariable<?>[] variables) {
    return Stream.of(variables)
        .map(variable -> {
          String bounds =
              Stream.of(variable.getBounds())
                  .filter(bound -> bound != Object.class)
                  .map(PublicApi::name)
                  .collect(Collectors.joining(" & "));
          return bounds.isEmpty() ? variable.getName() : variable.getName() + " extends " + bounds;
        })
        .collect(Collectors.joining(", ", "<", ">"));
  }

  private static String name(Type type) {
    return type.getTypeName()
        .replaceAll("\\bjava\\.(lang|util|util\\.function|util\\.concurrent)\\.(?=[A-Z])", "")
        .replaceAll("\\bdev\\.dunlin\\.[a-z.]+\\.(?=[A-Z])", "");
  }

  private static void mention(Type type, Set<Class<?>> mentioned) {
    switch (type) {
      case Class<?> raw -> {
        Class<?> element = raw;
        while (element.isArray()) {
          element = element.getComponentType();
        }
        mentioned.add(element);
      }
      case ParameterizedType generic -> {
        mention(generic.getRawType(), mentioned);
        Arrays.stream(generic.getActualTypeArguments()).forEach(it -> mention(it, mentioned));
      }
      case GenericArrayType array -> mention(array.getGenericComponentType(), mentioned);
      case WildcardType wildcard -> {
        Arrays.stream(wildcard.getUpperBounds()).forEach(it -> mention(it, mentioned));
        Arrays.stream(wildcard.getLowerBounds()).forEach(it -> mention(it, mentioned));
      }
      case TypeVariable<?> variable -> {
        // Its bounds are mentioned where it is declared; following them here could go in circles.
        for (Type bound : variable.getBounds()) {
          if (bound instanceof Class<?> raw) {
            mentioned.add(raw);
          }
        }
      }
      default -> throw new AssertionError(type);
    }
  }
}
