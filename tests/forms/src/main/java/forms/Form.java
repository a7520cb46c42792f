package forms;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.htmlunit.BrowserVersion;
import org.htmlunit.WebClient;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.HtmlCheckBoxInput;
import org.htmlunit.html.HtmlElement;
import org.htmlunit.html.HtmlInput;
import org.htmlunit.html.HtmlPage;
import org.htmlunit.html.HtmlSelect;
import org.htmlunit.html.HtmlTextArea;

/**
 * Opens a page of a host and does with the form on it what a person would do.
 *
 * <p>Arguments: the page's address and the id of the descriptor whose block is meant. Each line on standard input is a
 * command, each line on standard output its answer:
 *
 * <pre>
 * count FIELD               how many fields of this name the block has
 * value FIELD NUMBER        what the field holds (the first is number 0)
 * set FIELD NUMBER VALUE    fills it in, leaves it, and waits for its check; answers with the check's message
 * message FIELD NUMBER      the message beside it
 * press LABEL               presses a button of the block; answers with the message beside it
 * save                      submits the form; answers with the status and the address of the page that comes
 * </pre>
 *
 * An answer is {@code ok TEXT} or {@code failed TEXT}, with all white space in TEXT made single blanks.
 */
public final class Form {
  private static final long CHECK_MILLIS = 30_000;

  /** The pages reload parts of themselves every five seconds for ever; that is not waited for. */
  private static final long SOON_MILLIS = 1000;

  private final WebClient browser;
  private final HtmlPage page;
  private final String block;

  private Form(WebClient browser, HtmlPage page, String descriptor) {
    this.browser = browser;
    this.page = page;
    // today's hosts mark the block itself, the old one has a hidden field in it; its prototypes are no part of the form
    this.block = "//*[@descriptorid='" + descriptor + "' or @descriptorId='" + descriptor
        + "' or (self::div and @name and not(ancestor::*[contains(@class,'prototypes')])"
        + " and .//input[@name='stapler-class' and @value='" + descriptor + "'])]";
  }

  public static void main(String[] args) throws Exception {
    // A page of the host brings old scripts; what HtmlUnit thinks of them is no concern here.
    System.setProperty("org.apache.commons.logging.Log", "org.apache.commons.logging.impl.NoOpLog");
    try (WebClient browser = new WebClient(BrowserVersion.FIREFOX)) {
      browser.getOptions().setThrowExceptionOnScriptError(false);
      browser.getOptions().setThrowExceptionOnFailingStatusCode(false);
      browser.getOptions().setCssEnabled(false);
      browser.getOptions().setTimeout((int) CHECK_MILLIS);
      Form form = new Form(browser, browser.getPage(args[0]), args[1]);
      browser.waitForBackgroundJavaScriptStartingBefore(SOON_MILLIS);
      BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String answer;
        try {
          answer = "ok " + form.obey(line);
        } catch (IllegalStateException wrong) {
          answer = "failed " + wrong.getMessage();
        }
        System.out.println(answer.replaceAll("\\s+", " ").strip());
        System.out.flush();
      }
    }
  }

  private String obey(String line) throws Exception {
    String[] words = line.split(" ", 4);
    return switch (words[0]) {
      case "count" -> String.valueOf(fields(words[1]).size());
      case "value" -> value(field(words[1], words[2]));
      case "set" -> {
        HtmlElement field = field(words[1], words[2]);
        fill(field, words.length > 3 ? words[3] : "");
        browser.waitForBackgroundJavaScriptStartingBefore(SOON_MILLIS);
        yield message(field);
      }
      case "message" -> message(field(words[1], words[2]));
      case "press" -> press(line.substring("press ".length()));
      case "save" -> save();
      default -> throw new IllegalStateException("there is no command " + words[0]);
    };
  }

  private List<HtmlElement> fields(String name) {
    return page.getByXPath(block + "//*[@name='_." + name + "' or @name='" + name + "']");
  }

  private HtmlElement field(String name, String number) {
    List<HtmlElement> all = fields(name);
    int index = Integer.parseInt(number);
    if (index >= all.size()) {
      throw new IllegalStateException("the page has " + all.size() + " fields " + name);
    }
    return all.get(index);
  }

  private static String value(HtmlElement field) {
    if (field instanceof HtmlCheckBoxInput box) {
      return String.valueOf(box.isChecked());
    }
    if (field instanceof HtmlSelect select) {
      return select.getSelectedOptions().get(0).getValueAttribute();
    }
    if (field instanceof HtmlTextArea area) {
      return area.getText();
    }
    return ((HtmlInput) field).getValue();
  }

  private static void fill(HtmlElement field, String value) throws Exception {
    field.focus();
    if (field instanceof HtmlCheckBoxInput box) {
      if (box.isChecked() != Boolean.parseBoolean(value)) {
        box.click();
      }
    } else if (field instanceof HtmlSelect select) {
      select.setSelectedAttribute(value, true);
    } else if (field instanceof HtmlTextArea area) {
      area.setText(value);
    } else {
      ((HtmlInput) field).setValue(value);
    }
    field.fireEvent("change");
    field.blur();
  }

  /** The check's message is in the next row that is made for it. */
  private static String message(HtmlElement field) {
    HtmlElement area = field.getFirstByXPath(
        "ancestor::tr[1]/following-sibling::tr[contains(@class,'validation-error-area')][1]");
    return area == null ? "" : area.asNormalizedText();
  }

  private String press(String label) throws Exception {
    List<HtmlElement> buttons = page.getByXPath(block + "//button | " + block + "//input[@type='button' or @type='submit']");
    for (HtmlElement button : buttons) {
      String text = button instanceof HtmlInput input ? input.getValue() : button.asNormalizedText();
      if (text.equals(label)) {
        button.click();
        browser.waitForBackgroundJavaScriptStartingBefore(SOON_MILLIS);
        HtmlElement area = button.getFirstByXPath("ancestor::tr[1]/following-sibling::tr[1]");
        HtmlElement cell = button.getFirstByXPath("ancestor::tr[1]");
        return cell.asNormalizedText() + " " + (area == null ? "" : area.asNormalizedText());
      }
    }
    throw new IllegalStateException("the block has no button " + label);
  }

  private String save() throws Exception {
    DomElement form = page.getFormByName("config");
    for (HtmlElement button : form.<HtmlElement>getByXPath(".//button | .//input[@type='submit']")) {
      String text = button instanceof HtmlInput input ? input.getValue() : button.asNormalizedText();
      if (text.equals("Save")) {
        HtmlPage next = button.click();
        browser.waitForBackgroundJavaScriptStartingBefore(SOON_MILLIS);
        HtmlPage now = (HtmlPage) browser.getCurrentWindow().getEnclosedPage();
        if (now == page && next == page) {
          throw new IllegalStateException("the page stays");
        }
        return now.getWebResponse().getStatusCode() + " " + now.getUrl();
      }
    }
    throw new IllegalStateException("the form has no button Save");
  }
}
